# Portico. Each target is one script in scripts/, which says what it does; nothing needs root unless it must install a Debian package.
.DEFAULT_GOAL := help
.PHONY: run test build dev bench screenshots help

run: ## Install what is missing, build, load the demo data into an empty database, serve http://127.0.0.1:3000
	@scripts/run.sh

test: ## Everything: format, lints, docs, unit, store (SQLite and PostgreSQL), HTTP, size budgets, browser journeys
	@scripts/test.sh

build: ## The release binary, with wasm, CSS, pictures and migrations inside it
	@scripts/build.sh

dev: ## Serve with live reload (installs cargo-leptos, only here)
	@scripts/dev.sh

bench: ## Requests per second of the hot endpoints as ratios to a bare handler, on SQLite and PostgreSQL, with few and a million tokens
	@scripts/bench.sh

screenshots: ## Every page at 1280 and 390 px, light and dark, into end2end/screenshots (needs a built server: make test or make run)
	@scripts/screenshots.sh

help: ## List the targets
	@awk -F ': ## ' '/^[a-z]+: ## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
