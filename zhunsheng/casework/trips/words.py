"""What alarms and checks say, in Chinese and English."""

from __future__ import annotations

from zhunsheng.casework.trips.states import AlarmKind
from zhunsheng.telemetry.watch import Alarm

#: By kind: what is told, with the figure found and its limit.
TOLD: dict[str, tuple[str, str]] = {
    "excursion": ("温度 {found} ℃，超出要求的 {limit} ℃", "{found} °C, beyond {limit} °C"),
    "beyond": ("温度 {found} ℃，超过任何时候都不得超过的 {limit} ℃", "{found} °C, beyond {limit} °C, never allowed"),
    "single": (
        "一次超限已持续 {found} 分钟，允许 {limit} 分钟",
        "out for {found} minutes at a stretch, {limit} allowed",
    ),
    "total": ("超限累计 {found} 分钟，允许 {limit} 分钟", "out for {found} minutes in all, {limit} allowed"),
    "door": ("门已打开 {found} 分钟，允许 {limit} 分钟", "the door has stood open {found} minutes, {limit} allowed"),
    "power": ("断电", "power is off"),
    "outage": ("断电已持续 {found} 分钟，允许 {limit} 分钟", "power has been off for {found} minutes, {limit} allowed"),
    "missing": ("缺少 {found} 条读数", "{found} readings are missing"),
    "silent": ("已 {found} 分钟没有读数", "nothing heard for {found} minutes"),
    "fault": ("设备报告故障 {detail}", "the device reports fault {detail}"),
    "off_route": ("离开计划路线 {found} 米，允许 {limit} 米", "{found} m off the planned way, {limit} allowed"),
    "speed": ("车速 {found} km/h，限速 {limit} km/h", "{found} km/h, {limit} allowed"),
    "late": ("没有按时到达 {detail}，已迟 {found} 分钟", "not at {detail} in time, {found} minutes late"),
    "drift": ("每日温度中位数持续漂移，共 {found} ℃", "the daily median drifts, {found} °C in all"),
    "doubt": ("读数可疑：{detail}", "doubtful readings: {detail}"),
}
CLEARED = ("读数已恢复到要求之内", "the readings are within the limits again")
HEARD = ("设备恢复上报", "the device is heard again")
DOUBTS: dict[str, tuple[str, str]] = {
    "flat": ("长时间一位数字也不变", "not one digit changes for long"),
    "still": ("门开着而温度不动", "the door is open and the temperature does not move"),
    "copied": ("一段数值与另一段完全相同", "a block of values occurs twice"),
    "jump": ("温度跳变超出货品热容量所能", "it jumps by more than a load can"),
    "conflict": ("同一编号的读数前后不同", "readings of one number differ"),
    "impossible": ("位置跳动超出车辆所能", "it moves faster than any vehicle"),
}


def figure(value: float | None) -> str:
    """Return a figure as it is told: at most one decimal."""
    return "—" if value is None else f"{value:.1f}".removesuffix(".0")


#: Units of a check's figures where they are not minutes.
UNITS = {
    "beyond": ("℃", "°C"), "kinetic": ("℃", "°C"), "speed": ("km/h", "km/h"), "calibration": ("天", "days"),
    "doubts": ("处", "doubts"),
}  # fmt: skip


def measure(kind: str, value: float | None) -> tuple[str, str]:
    """Return a figure of a check with its unit, in both languages."""
    if value is None:
        return ("—", "—")
    zh, en = UNITS.get(kind, ("分钟", "minutes"))
    return (f"{figure(value)} {zh}", f"{figure(value)} {en}")


def told(kind: str, found: float | None, limit: float | None = None, detail: str = "") -> tuple[str, str]:
    """Return what an alarm says in both languages."""
    zh, en = TOLD[kind]
    values = {"found": figure(found), "limit": figure(limit), "detail": detail[:80]}
    return zh.format(**values), en.format(**values)


def of_alarm(alarm: Alarm) -> tuple[str, str]:
    """Return what an alarm of the watch says in both languages."""
    kind = "outage" if alarm.kind == "power" and alarm.too_long else alarm.kind
    return told(kind, alarm.found, alarm.limit, alarm.detail)


def of_doubt(kind: str) -> tuple[str, str]:
    """Return what a doubt says in both languages."""
    zh, en = DOUBTS[kind]
    return told(AlarmKind.DOUBT, None, None, zh)[0], told(AlarmKind.DOUBT, None, None, en)[1]


#: Reasons of checks, as judgements give them.
REASONS: dict[str, tuple[str, str]] = {
    "within": ("符合", "within"),
    "no_temperature": ("没有温度读数", "no temperature was heard"),
    "never_below": ("低于任何时候都不得低于的温度", "below what is never allowed"),
    "never_above": ("高于任何时候都不得高于的温度", "above what is never allowed"),
    "single_too_long": ("一次超限过久", "one excursion too long"),
    "total_too_long": ("累计超限过久", "too long out in all"),
    "within_accuracy": ("差值在探头精度之内，无法判定", "within the accuracy of the sensor: not known"),
    "too_warm": ("平均动力学温度过高", "mean kinetic temperature too high"),
    "no_door": ("没有门状态读数", "no door state was heard"),
    "no_power": ("没有供电状态读数", "no power state was heard"),
    "door_unseen": ("门状态读数不足", "the door was out of sight for too long"),
    "power_unseen": ("供电状态读数不足", "the power was out of sight for too long"),
    "open_too_long": ("门打开过久", "open too long"),
    "off_too_long": ("断电过久", "off too long"),
    "no_certificate": ("没有校准证书", "no calibration on file"),
    "calibrated_later": ("校准晚于运输", "calibrated after the trip"),
    "calibration_failed": ("最近一次校准不合格", "the last calibration failed"),
    "expired": ("校准已过期", "calibration expired"),
    "data_missing": ("数据缺失", "data are missing"),
    "silent": ("长时间没有读数", "silent for long"),
    "recorded_too_seldom": ("超限期间记录间隔过长", "recorded too seldom while out of range"),
    "clock_off": ("设备时钟偏差过大，已校正", "the clock is off and put right"),
    "clock_not_told": ("时钟偏差无法判定", "whether the clock is off cannot be told"),
    "late": ("晚于约定时段到达", "arrived late"),
    "early": ("早于约定时段到达", "arrived early"),
    "missed": ("没有到达", "not reached"),
    "open": ("尚未到达", "not yet reached"),
    "unknown": ("没有定位，无法判定", "no position: not known"),
    "in_time": ("按时到达", "in time"),
    "off_route": ("偏离计划路线", "off the planned way"),
    "stood_elsewhere": ("在计划地点之外停留", "stood elsewhere"),
    "too_fast": ("超速", "too fast"),
    "no_position": ("有一段没有定位", "out of sight for a while"),
    "nothing_required": ("没有要求", "nothing is asked"),
}
CHECKS: dict[str, tuple[str, str]] = {
    "beyond": ("极限温度", "Limits never to be passed"),
    "single": ("单次超限", "Longest excursion"),
    "total": ("累计超限", "Excursions in all"),
    "kinetic": ("平均动力学温度", "Mean kinetic temperature"),
    "door": ("开门", "Door"),
    "power": ("供电", "Power"),
    "clock": ("设备时钟", "Clock"),
    "calibration": ("校准", "Calibration"),
    "arrival": ("到达时段", "Arrival"),
    "off_route": ("路线", "Way"),
    "stood": ("停留", "Stops"),
    "speed": ("车速", "Speed"),
    "missing": ("数据完整", "Completeness"),
    "interval": ("超限时记录间隔", "Recording while out of range"),
    "doubts": ("数据可信", "Trustworthiness"),
}


def reason(code: str) -> tuple[str, str]:
    """Return the words of a check's reason."""
    if code.startswith("doubt_"):
        return DOUBTS.get(code.removeprefix("doubt_"), (code, code))
    return REASONS.get(code, (code, code))
