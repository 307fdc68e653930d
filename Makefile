# Maintainers' shortcuts. Learners need none of this: `python3 start.py` is the whole set-up.
PYTHON := .venv/bin/python
.PHONY: lint test full refresh exercises bench nbgrader lock

lint:
	$(PYTHON) -m ruff check

# The fast tier, set-up included: the same as CI.
test:
	python3 start.py test

# Every test, the slow ones too, by hand before a release.
full: test
	MPLBACKEND=agg OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PYTHON) -m pytest -n 2 -m slow

# Run every notebook again and store its outputs in the one form that git and nbval compare.
refresh: exercises
	$(PYTHON) -m tools.normalize --execute notebooks/*.ipynb solutions/*.ipynb

# Make the exercises from the solutions.
exercises:
	$(PYTHON) -m tools.derive

# Slider to picture, a run beside its floor, then the trainer and GAE against Stable-Baselines3.
bench:
	OMP_NUM_THREADS=1 $(PYTHON) tests/benchmarks/sliders.py
	OMP_NUM_THREADS=1 $(PYTHON) tests/benchmarks/floor.py
	$(PYTHON) tests/benchmarks/run.py

# The real nbgrader, in an environment of its own that sees the packages of .venv.
nbgrader: .venv-nbgrader/complete
	OMP_NUM_THREADS=1 .venv-nbgrader/bin/python tests/nbgrader/parity.py

.venv-nbgrader/complete:
	rm -rf .venv-nbgrader
	$(PYTHON) -m venv .venv-nbgrader
	.venv-nbgrader/bin/pip install --quiet "nbgrader>=0.9"
	echo "import site; site.addsitedir('$$($(PYTHON) -c $(SITE))')" > $$(.venv-nbgrader/bin/python -c $(SITE))/course.pth
	touch $@

SITE := "import sysconfig; print(sysconfig.get_path('purelib'))"

# Keeps the pins that still fit; delete a line first to let that package move.
lock:
	$(PYTHON) -m pip install --quiet uv
	cp requirements.lock .lock.tmp
	echo 'setuptools>=77' | $(PYTHON) -m uv pip compile pyproject.toml - --extra test --universal \
		--python-version 3.11 --no-header --no-annotate --quiet --output-file .lock.tmp
	{ grep '^#' requirements.lock; grep -Ev '^(#|cuda-|nvidia-|triton=)' .lock.tmp; } > .lock.new
	mv .lock.new requirements.lock
	rm .lock.tmp
