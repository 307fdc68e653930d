"""Quiz questions and proofs, one file per lesson, one constant each; wording after the corrected lesson text."""
