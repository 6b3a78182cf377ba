"""Addresses of the site: all of them are pages of ``zhunsheng.web``."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("zhunsheng.web.urls"))]
handler400 = "zhunsheng.web.views.errors.bad_request"
handler403 = "zhunsheng.web.views.errors.forbidden"
handler404 = "zhunsheng.web.views.errors.not_found"
handler500 = "zhunsheng.web.views.errors.broken"
