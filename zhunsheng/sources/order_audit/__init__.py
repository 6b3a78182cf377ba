"""The national order audit interface (3101 before, 3102 during, 3103 response): its messages and ours."""

from zhunsheng.sources.order_audit.reply import Exchange, Told, replied
from zhunsheng.sources.order_audit.request import Asked, Request, Responses, audit_request, response_request

__all__ = [
    "Asked",
    "Exchange",
    "Request",
    "Responses",
    "Told",
    "audit_request",
    "replied",
    "response_request",
]
