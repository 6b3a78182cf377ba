"""The promised tables, one module per table. Extend as areas need; never fork."""

from zhunsheng.facts.schema.charge_line import CHARGE_LINE
from zhunsheng.facts.schema.contact import CONTACT
from zhunsheng.facts.schema.death import DEATH
from zhunsheng.facts.schema.department import DEPARTMENT
from zhunsheng.facts.schema.device import DEVICE
from zhunsheng.facts.schema.diagnosis import DIAGNOSIS
from zhunsheng.facts.schema.encounter import ENCOUNTER
from zhunsheng.facts.schema.facility import FACILITY
from zhunsheng.facts.schema.identity_check import IDENTITY_CHECK
from zhunsheng.facts.schema.institution import INSTITUTION
from zhunsheng.facts.schema.licence import LICENCE
from zhunsheng.facts.schema.medical_order import MEDICAL_ORDER
from zhunsheng.facts.schema.nursing_record import NURSING_RECORD
from zhunsheng.facts.schema.payment_status import PAYMENT_STATUS
from zhunsheng.facts.schema.penalty_points import PENALTY_POINTS
from zhunsheng.facts.schema.person import PERSON
from zhunsheng.facts.schema.practitioner import PRACTITIONER
from zhunsheng.facts.schema.procedure import PROCEDURE
from zhunsheng.facts.schema.settlement import SETTLEMENT
from zhunsheng.facts.schema.stock_move import STOCK_MOVE
from zhunsheng.facts.schema.trace_code import TRACE_CODE
from zhunsheng.facts.schema.use_record import USE_RECORD

TABLES = {
    table.name: table
    for table in (
        PERSON,
        INSTITUTION,
        DEPARTMENT,
        PRACTITIONER,
        ENCOUNTER,
        DIAGNOSIS,
        PROCEDURE,
        CHARGE_LINE,
        SETTLEMENT,
        MEDICAL_ORDER,
        USE_RECORD,
        DEVICE,
        FACILITY,
        DEATH,
        STOCK_MOVE,
        TRACE_CODE,
        CONTACT,
        LICENCE,
        PAYMENT_STATUS,
        PENALTY_POINTS,
        NURSING_RECORD,
        IDENTITY_CHECK,
    )
}
__all__ = ["TABLES"]
