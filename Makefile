# 目录 · The table of contents. `make` lists; `make check` changes nothing; `make fix` does.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
export WORKERS ?= 2
# Compiled modules are kept even where the environment says otherwise: without them each start costs seconds.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-postgres test-spark bench check lint lint-mypy lint-ruff lint-imports fix docs assets env env-base env-dev env-bench env-spark system clean

help: ## 列出命令 · list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: env-base assets ## 生成演示县并开站 · make the demo county, judge it, serve it on 127.0.0.1:8000 (PORT=8001)
	@$(BIN)/zhunsheng demo $(if $(PORT),--port $(PORT))

test: system env-dev assets lint ## 全部测试 · set up what is missing, lint, run every test (the longest of Spark: make test-spark)
	@tools/test.sh

test-postgres: ## 在 PostgreSQL 上再测一遍办案与范围 · casework and scope once more on PostgreSQL
	@tools/test-postgres.sh

test-spark: ## Spark 与 DuckDB 对照 · the same hits from Spark, also by Spark Connect; needs Java 17
	@tools/test-spark.sh

bench: env-bench ## 测量数字 · print the figures, each beside its peer or floor
	@$(BIN)/zhunsheng bench

check: env-dev lint ## 只查不改 · ruff, mypy, import contracts, house rules
	@$(BIN)/python -m pytest tests/house

# mypy takes longest and one core: the others run beside it
lint:
	@$(MAKE) --jobs=2 --output-sync=target lint-mypy lint-ruff lint-imports

lint-mypy:
	@echo '· mypy'
	@$(BIN)/mypy

lint-ruff:
	@echo '· ruff'
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

lint-imports:
	@echo '· import-linter'
	@$(BIN)/lint-imports --no-logo

fix: env-dev ## 自动改正 · format, sort imports, apply the safe corrections of ruff
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: env-dev ## 重新生成文档 · write the generated pages of docs/reference anew
	@$(BIN)/python -m tools.docs

assets: ## 构建前端文件 · build the stylesheet and scripts with npm, when something changed
	@tools/assets.sh

env: env-dev ## 建好开发环境 · the locked environment of a developer in .venv

env-base env-dev env-bench env-spark: env-%:
	@tools/env.sh $*

system:
	@tools/system.sh

clean: ## 删去环境与产物 · remove the environment and what was built; var/ (data) stays
	@rm -rf .venv .venv-uv .venv-spark node_modules zhunsheng/web/static/built zhunsheng.egg-info build dist \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
