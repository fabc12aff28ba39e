.PHONY: demo test check nightly fmt lock openapi docs messages

demo: ## start a whole portal with simulated chargers
	uv run manage.py demo

test: ## the quick suite
	uv run pytest

check: ## everything that CI runs
	bash .ci/run

nightly: ## the slow tests too: faults, load, long property runs
	HYPOTHESIS_PROFILE=nightly uv run pytest -m "slow or core or not slow" -n 0 --fault-table

fmt: ## format and repair what can be repaired
	uv run ruff check --fix .
	uv run ruff format .

lock: ## show newer versions of what is pinned in pyproject.toml
	uv tree --outdated --depth 1

openapi: ## write the API schema after a change of the API
	uv run manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

docs: ## write the pages that are made from the code
	uv run manage.py delivery_states > docs/delivery-states.md
	uv run python -m tests.conformance.page

messages: ## collect texts to translate, then compile the translations
	uv run manage.py makemessages --all --no-obsolete --ignore .venv --ignore node_modules
	uv run manage.py compilemessages
