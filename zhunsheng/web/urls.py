"""Addresses. A number leads to a list, a list to a record, a record to its rule, a rule to its article."""

from __future__ import annotations

from django.urls import path

from zhunsheng.web.views import account, errors, findings, health, imports, laws, overview, rulebook, runs, workbooks

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("overview.xlsx", overview.export, name="overview-export"),
    path("login", account.login_page, name="login"),
    path("logout", account.logout_page, name="logout"),
    path("language", account.language, name="language"),
    path("findings", findings.finding_list, name="findings"),
    path("findings.<str:kind>", findings.export, name="findings-export"),
    path("findings/<str:finding_id>", findings.finding, name="finding"),
    path("encounters/<str:encounter_id>", findings.encounter, name="encounter"),
    path("rules", rulebook.rule_list, name="rules"),
    path("rules.json", rulebook.search, name="rules-search"),
    path("rules/lint", rulebook.lint, name="rules-lint"),
    path("rules/<path:rule_id>", rulebook.rule, name="rule"),
    path("knowledge/<str:name>", rulebook.knowledge, name="knowledge"),
    path("workbooks", workbooks.upload_list, name="workbooks"),
    path("workbooks/export.zip", workbooks.export, name="workbooks-export"),
    path("workbooks/<int:pk>", workbooks.upload, name="workbook"),
    path("workbooks/<int:pk>/confirm", workbooks.confirm, name="workbook-confirm"),
    path("workbooks/<int:pk>/discard", workbooks.discard, name="workbook-discard"),
    path("laws/<str:instrument>", laws.instrument, name="law"),
    path("laws/<str:instrument>/<str:article>", laws.article, name="article"),
    path("imports", imports.import_list, name="imports"),
    path("imports/<int:pk>", imports.import_page, name="import"),
    path("imports/<int:pk>/progress", imports.progress, name="import-progress"),
    path("imports/<int:pk>/confirm", imports.confirm, name="import-confirm"),
    path("imports/<int:pk>/discard", imports.discard, name="import-discard"),
    path("imports/<int:pk>/report.<str:kind>", imports.report, name="import-report"),
    path("runs", runs.run_list, name="runs"),
    path("runs/start", runs.start, name="run-start"),
    path("runs/jobs/<int:pk>", runs.progress, name="run-progress"),
    path("runs/<str:run_id>", runs.run, name="run"),
    path("runs/<str:run_id>/against", runs.against, name="run-against"),
    path("errors", errors.error_list, name="errors"),
    path("errors/<str:code>", errors.error_page, name="error"),
    path("health", health.health, name="health"),
]
