"""The promised tables, one module per table. Extend as areas need; never fork."""

from zhunsheng.facts.schema.charge_line import CHARGE_LINE
from zhunsheng.facts.schema.complaint import COMPLAINT
from zhunsheng.facts.schema.contact import CONTACT
from zhunsheng.facts.schema.death import DEATH
from zhunsheng.facts.schema.department import DEPARTMENT
from zhunsheng.facts.schema.device import DEVICE
from zhunsheng.facts.schema.diagnosis import DIAGNOSIS
from zhunsheng.facts.schema.encounter import ENCOUNTER
from zhunsheng.facts.schema.facility import FACILITY
from zhunsheng.facts.schema.identity_check import IDENTITY_CHECK
from zhunsheng.facts.schema.incident import INCIDENT
from zhunsheng.facts.schema.institution import INSTITUTION
from zhunsheng.facts.schema.kinship import KINSHIP
from zhunsheng.facts.schema.licence import LICENCE
from zhunsheng.facts.schema.medical_order import MEDICAL_ORDER
from zhunsheng.facts.schema.nursing_record import NURSING_RECORD
from zhunsheng.facts.schema.ownership import OWNERSHIP
from zhunsheng.facts.schema.payment_status import PAYMENT_STATUS
from zhunsheng.facts.schema.penalty_points import PENALTY_POINTS
from zhunsheng.facts.schema.person import PERSON
from zhunsheng.facts.schema.practitioner import PRACTITIONER
from zhunsheng.facts.schema.price_filing import PRICE_FILING
from zhunsheng.facts.schema.procedure import PROCEDURE
from zhunsheng.facts.schema.qc_run import QC_RUN
from zhunsheng.facts.schema.result import RESULT
from zhunsheng.facts.schema.second_reading import SECOND_READING
from zhunsheng.facts.schema.service_event import SERVICE_EVENT
from zhunsheng.facts.schema.service_order import SERVICE_ORDER
from zhunsheng.facts.schema.settlement import SETTLEMENT
from zhunsheng.facts.schema.stock_move import STOCK_MOVE
from zhunsheng.facts.schema.survey_answer import SURVEY_ANSWER
from zhunsheng.facts.schema.trace_code import TRACE_CODE
from zhunsheng.facts.schema.training import TRAINING
from zhunsheng.facts.schema.trip import TRIP
from zhunsheng.facts.schema.use_record import USE_RECORD
from zhunsheng.facts.schema.vendor_scope import VENDOR_SCOPE
from zhunsheng.facts.schema.vendor_staff import VENDOR_STAFF

#: What vendors do for members of a consortium; no rule about charges reads them.
SERVICES = (
    SERVICE_ORDER,
    SERVICE_EVENT,
    TRIP,
    RESULT,
    QC_RUN,
    SECOND_READING,
    SURVEY_ANSWER,
    COMPLAINT,
    INCIDENT,
    VENDOR_STAFF,
    TRAINING,
    PRICE_FILING,
    VENDOR_SCOPE,
    OWNERSHIP,
    KINSHIP,
)
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
        *SERVICES,
    )
}
__all__ = ["SERVICES", "TABLES"]
