# Needs make and Python 3.11 or newer; everything else comes from the lock files. ARGS is passed on: `make run ARGS="--port 9000"`.
ARGS ?=

.PHONY: run test check bench lock

run:
	@.ci/setup
	@exec .venv/bin/python -m workers up $(ARGS)

test:
	@.ci/setup dev
	.venv/bin/python -m pytest $(ARGS)

check:
	@.ci/setup dev
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m ruff check .
	.venv/bin/python -m pyright
	.venv/bin/python -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	.venv/bin/python -m pytest $(ARGS)

bench:
	@.ci/setup dev
	.venv/bin/python -m bench $(ARGS)

lock:
	@.ci/lock
