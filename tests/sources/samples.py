"""Small, valid files of every kind, as rows of text under national headers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from zhunsheng.sources.mapping import mapping

MEDINS = [
    {
        "fixmedins_code": "H33010200001",
        "fixmedins_name": "第一县人民医院",
        "fixmedins_type": "医院",
        "medinslv": "2",
        "lead_fixmedins_code": "",
        "admdvs": "330102",
        "begndate": "2020-01-01",
        "enddate": "2099-12-31",
    },
    {
        "fixmedins_code": "H33010200002",
        "fixmedins_name": "城关镇卫生院",
        "fixmedins_type": "乡镇卫生院",
        "medinslv": "1",
        "lead_fixmedins_code": "H33010200001",
        "admdvs": "330102",
        "begndate": "2020-01-01",
        "enddate": "2026-05-31",
    },
]
DEPT = [
    {
        "fixmedins_code": "H33010200001",
        "hosp_dept_codg": "D01",
        "hosp_dept_name": "内科",
        "caty": "A03",
        "begntime": "2020-01-01 00:00:00",
        "endtime": "",
    }
]
PRAC = [
    {
        "prac_psn_code": "D330102000001",
        "prac_psn_name": "张三",
        "fixmedins_code": "H33010200001",
        "hosp_dept_codg": "D01",
        "pro_tech_duty": "主治医师",
        "begntime": "2020-01-01",
        "endtime": "2027-12-31",
    }
]
SETLINFO = [
    {
        "mdtrt_id": "M1",
        "setl_id": "S1",
        "psn_no": "330000000001",
        "gend": "1",
        "brdy": "1960-02-29",
        "fixmedins_code": "H33010200001",
        "med_type": "21",
        "begntime": "2026-03-01 08:30:00",
        "endtime": "2026-03-05 10:00:00",
        "adm_dept_codg": "D01",
        "chfpdr_code": "D330102000001",
        "hi_type": "310",
        "dise_codg": "I10.x00x002",
        "bill_code": "33060126",
        "bill_no": "0001234567",
        "setl_time": "2026-03-05 11:00:00",
        "medfee_sumamt": "120.50",
        "fund_pay_sumamt": "80.00",
        "psn_selfpay": "30.50",
        "psn_ownpay": "10.00",
        "acct_pay": "0",
        "psn_cashpay": "40.50",
    },
    {
        "mdtrt_id": "M2",
        "setl_id": "S2",
        "psn_no": "330000000002",
        "gend": "9",
        "brdy": "",
        "fixmedins_code": "H33010200002",
        "med_type": "11",
        "begntime": "20260302",
        "endtime": "",
        "adm_dept_codg": "",
        "chfpdr_code": "",
        "hi_type": "390",
        "dise_codg": "",
        "bill_code": "",
        "bill_no": "",
        "setl_time": "2026/3/2",
        "medfee_sumamt": "5",
        "fund_pay_sumamt": "1.00",
        "psn_selfpay": "1.00",
        "psn_ownpay": "1.00",
        "acct_pay": "",
        "psn_cashpay": "",
    },
]
DISEINFO = [
    {
        "mdtrt_id": "M1",
        "diag_srt_no": "1",
        "diag_code": "I10.x00x002",
        "diag_name": "高血压",
        "maindiag_flag": "1",
        "adm_cond_type": "1",
    }
]
OPRNINFO = [
    {
        "mdtrt_id": "M1",
        "oprn_srt_no": "1",
        "oprn_oprt_code": "00.6600",
        "oprn_oprt_name": "经皮冠状动脉成形术",
        "oprn_oprt_date": "2026-03-02",
        "oper_dr_code": "D330102000001",
    }
]
DEVICE = [
    {
        "fixmedins_code": "H33010200001",
        "equip_no": "CT-01",
        "equip_type": "64排CT",
        "equip_name": "64 排螺旋 CT",
        "begndate": "2021-01-01",
        "enddate": "2026-05-31",
    }
]
FACILITY = [
    {
        "fixmedins_code": "H33010200001",
        "fac_no": "PACU",
        "fac_type": "麻醉恢复室",
        "fac_name": "麻醉恢复室",
        "begndate": "2021-01-01",
        "enddate": "",
    }
]
DEATH = [{"psn_no": "330000000001", "die_date": "2026-04-02 03:15:00"}]
LICDEPT = [
    {
        "fixmedins_code": "H33010200001",
        "caty": "A03.01",
        "caty_name": "呼吸内科专业",
        "begndate": "2021-01-01",
        "enddate": "2026-05-31",
    }
]
PAYQUAL = [
    {"prac_psn_code": "D330102000001", "qual_stas": "暂停", "begndate": "2026-04-01", "enddate": "2026-06-30"},
    {"prac_psn_code": "D330102000001", "qual_stas": "终止", "begndate": "2026-09-01", "enddate": ""},
]
PRACPTS = [
    {"prac_psn_code": "D330102000001", "fixmedins_code": "H33010200001", "doc_no": "JF2026-00001",
     "vio_bhvr": "重复收费",
     "resp_type": "主要责任", "pts": "6", "rep_pts": "1", "begndate": "2026-04-01", "enddate": ""},
    {"prac_psn_code": "D330102000002", "fixmedins_code": "H33010200001", "doc_no": "JF2026-00002", "vio_bhvr": "",
     "resp_type": "", "pts": "2", "rep_pts": "", "begndate": "2026-05-01", "enddate": "2026-06-30"},
]  # fmt: skip
NURSCARE = [
    {
        "nurscare_sn": "N1",
        "mdtrt_id": "M1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "rec_time": "2026-03-01 22:00:00",
        "nurscare_lv": "一级护理",
        "vita_flag": "1",
    }
]
IDCHK = [
    {
        "check_sn": "C1",
        "mdtrt_id": "M1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "check_time": "2026-03-01 08:35:00",
        "check_way": "人脸",
        "check_rslt": "不一致",
    }
]
DRORD = [
    {
        "drord_no": "O1",
        "mdtrt_id": "M1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "bilg_dept_codg": "D01",
        "bilg_dr_codg": "D330102000001",
        "med_list_codg": "XA01ABD075A002010100001",
        "drord_detl_name": "阿莫西林胶囊",
        "drord_begntime": "2026-03-01 09:00:00",
        "drord_endtime": "2026-03-04",
        "cnt": "24",
        "medc_days": "3",
    }
]
EXERECD = [
    {
        "exe_sn": "X1",
        "mdtrt_id": "M1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "drord_no": "O1",
        "med_list_codg": "XA01ABD075A002010100001",
        "exe_time": "2026-03-01 09:15:00",
        "exe_cnt": "2",
        "exe_psn_code": "D330102000001",
    }
]
INVCHG = [
    {
        "inv_chg_sn": "I1",
        "fixmedins_code": "H33010200001",
        "med_list_codg": "XA01ABD075A002010100001",
        "inv_chg_type": "采购入库",
        "inv_chg_time": "2026-03-01 09:00:00",
        "cnt": "240",
        "manu_lotnum": "B20260201",
        "spler_name": "青禾医药有限公司",
    }
]
DRUGTRAC = [
    {
        "trac_sn": "T1",
        "mdtrt_id": "M1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "feedetl_sn": "F000001",
        "med_list_codg": "XA01ABD075A002010100001",
        "drug_trac_codg": "81234567890123456789",
        "setl_time": "2026-03-05 11:00:00",
    }
]
CONTACT = [
    {
        "mdtrt_id": "M1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "tel": "13800001111",
        "acct": "6222020000000000001",
    }
]


def line(number: int, **changes: str) -> dict[str, str]:
    """Return one valid fee line; two units at 12.3400 yuan."""
    row = {
        "feedetl_sn": f"F{number:06d}",
        "init_feedetl_sn": "",
        "mdtrt_id": "M1",
        "setl_id": "S1",
        "psn_no": "330000000001",
        "fixmedins_code": "H33010200001",
        "bilg_dept_codg": "D01",
        "bilg_dr_codg": "D330102000001",
        "med_list_codg": "XA01ABD075A002010100001",
        "medins_list_name": "阿莫西林胶囊",
        "med_chrgitm_type": "09",
        "fee_ocur_time": "2026-03-01 09:15:00",
        "cnt": "2",
        "pric": "12.3400",
        "det_item_fee_sumamt": "24.68",
        "inscp_scp_amt": "24.68",
    }
    return {**row, **changes}


ROWS = {
    "medins": MEDINS,
    "dept": DEPT,
    "prac": PRAC,
    "device": DEVICE,
    "facility": FACILITY,
    "death": DEATH,
    "licdept": LICDEPT,
    "payqual": PAYQUAL,
    "pracpts": PRACPTS,
    "nurscare": NURSCARE,
    "idchk": IDCHK,
    "setlinfo": SETLINFO,
    "diseinfo": DISEINFO,
    "oprninfo": OPRNINFO,
    "feedetail": [line(i) for i in range(1, 4)],
    "drord": DRORD,
    "exerecd": EXERECD,
    "invchg": INVCHG,
    "drugtrac": DRUGTRAC,
    "contact": CONTACT,
}


def headers(kind: str, language: str = "national") -> list[str]:
    """Return the headers of a kind, in national names or in Chinese."""
    fields = mapping("settlement_list").kinds[kind].fields
    return [one.zh if language == "zh" else one.name for one in fields]


def csv_text(
    kind: str, rows: list[dict[str, str]], language: str = "national", end: str = "\n", **style: object
) -> str:
    """Return rows as CSV text under the headers of their kind."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, **style)
    writer.writerow(headers(kind, language))
    names = headers(kind)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue()


def write_csv(
    folder: Path, kind: str, rows: list[dict[str, str]], name: str = "", encoding: str = "utf-8", **how: object
) -> Path:
    """Write rows as a CSV file and return its path."""
    path = folder / f"{name or kind}.csv"
    path.write_bytes(csv_text(kind, rows, **how).encode(encoding))
    return path
