# The commands of a contributor. .ci/run and the workflow call the same names.
PYTHON ?= python

.PHONY: help test slow lint words types docs coverage bench

help:     ## this list
	@grep -E '^[a-z]+: .*##' Makefile

test:     ## the quick tests, in two processes
	$(PYTHON) -m pytest -n 2

slow:     ## the tests that take too long for `make test`
	$(PYTHON) -m pytest -m slow || [ $$? = 5 ]  # 5: no test has the marker

lint:     ## style, format and spelling
	ruff check .
	ruff format --check .
	codespell

words:    ## phrases that CONTRIBUTING.md replaces by better ones
	$(PYTHON) tests/words.py

types:    ## the types of public modules
	pyright --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"

docs:     ## links of all pages, code of the guides, examples in docstrings
	$(PYTHON) -m pytest tests/test_links.py tests/test_guides.py
	$(PYTHON) -m pytest --doctest-modules skdl

coverage: ## the quick tests, with the lines that they reach
	$(PYTHON) -m pytest -n 2 --cov --cov-report=term --cov-report=xml

bench:    ## skdl and its peers side by side; writes benchmarks/README.md
	$(PYTHON) -m benchmarks
