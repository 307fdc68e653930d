"""The pictures of the course: the look in `style.py`, and one file of pure `plot_*(ax, ...)` functions per lesson."""
