"""One module per exercise: what is asked, what is often believed instead, and what to say then."""
