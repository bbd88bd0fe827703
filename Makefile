# The commands of a contributor. .ci/run and the workflow call the same names.
PYTHON ?= python

.PHONY: help test slow lint words types doctest pages docs package coverage bench

help:     ## this list
	@grep -E '^[a-z]+:.* ##' Makefile

test:     ## the quick tests, in two processes
	$(PYTHON) -m pytest -n 2

slow:     ## the tests that take too long for `make test`
	$(PYTHON) -m pytest --quiet -m slow || [ $$? = 5 ]  # 5: no test has the marker

lint:     ## style, format, spelling, and the form of docstrings
	ruff check .
	ruff format --check .
	codespell
	find skdl -name '*.py' ! -name '_*' | xargs $(PYTHON) -m numpydoc lint

words:    ## phrases that CONTRIBUTING.md replaces by better ones
	$(PYTHON) tests/words.py

types:    ## the types of public modules
	pyright --project pyproject.toml --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"

doctest:  ## examples in docstrings
	$(PYTHON) -m pytest --quiet --doctest-modules skdl

pages: doctest ## the same, API reference, links of all pages, code of the guides
	$(PYTHON) docs/api.py
	$(PYTHON) -m pytest --quiet -m "" tests/test_links.py tests/test_guides.py

docs:     ## the site, in build/site; its warnings are errors
	MPLBACKEND=Agg PYTHONPATH=. $(PYTHON) docs/pages.py --check
	MPLBACKEND=Agg PYTHONPATH="$(CURDIR)" $(PYTHON) -m sphinx --quiet --fail-on-warning --keep-going docs build/site

package:  ## the source distribution and the wheel, in build/package, checked
	rm -rf build/package
	$(PYTHON) -m build --outdir build/package .
	$(PYTHON) -m twine check --strict build/package/*

coverage: ## the quick tests, with the lines that they reach
	$(PYTHON) -m pytest -n 2 --cov --cov-report=term --cov-report=xml

bench:    ## skdl and its peers side by side; writes benchmarks/README.md
	$(PYTHON) -m benchmarks
