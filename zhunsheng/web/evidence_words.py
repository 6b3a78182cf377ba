"""Words for kinds of evidence. A kind without one shows its code: nothing is left out for want of a word."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

KINDS: dict[str, Any] = {
    "batch.loaded": _("批次入库"),
    "body.created": _("登记单位"),
    "desk.told": _("医嘱判定提醒"),
    "duty.assigned": _("授予职责"),
    "duty.ended": _("终止职责"),
    "duty.handed_over": _("移交职责"),
    "factor.added": _("添加第二因素"),
    "factor.removed": _("移除第二因素"),
    "finding.decided": _("核实疑点"),
    "finding.reopened": _("撤回核实结论"),
    "identity.bound": _("绑定统一身份"),
    "import.checked": _("试读完成"),
    "import.confirmed": _("确认入库"),
    "import.discarded": _("放弃导入"),
    "import.failed": _("导入失败"),
    "import.loaded": _("入库完成"),
    "import.started": _("开始导入"),
    "inspection_plan.abandoned": _("放弃计划"),
    "inspection_plan.committed": _("封存对象库与人员库"),
    "inspection_plan.drawn": _("抽取"),
    "inspection_plan.made": _("拟定计划"),
    "job.claimed": _("作业开始"),
    "job.queued": _("作业排队"),
    "job.taken_over": _("作业接手"),
    "key.made": _("发放接口密钥"),
    "key.revoked": _("停用接口密钥"),
    "knowledge.checked": _("工作簿试读"),
    "knowledge.discarded": _("放弃工作簿"),
    "knowledge.loaded": _("知识入库"),
    "list.exported": _("导出清单"),
    "login.failed": _("登录失败"),
    "mark.lifted": _("取消标记"),
    "mark.set": _("标记疑点"),
    "note.written": _("写备注"),
    "recovery.made": _("生成恢复码"),
    "recovery.used": _("使用恢复码"),
    "reminder.answered": _("反馈提醒"),
    "run.recorded": _("运行留痕"),
    "run.repeated": _("重复运行"),
    "run.requested": _("请求运行"),
    "sample.drawn": _("抽样"),
    "sample.judged": _("登记结论"),
    "session.ended": _("登录结束"),
    "user.confirmed": _("确认本人"),
    "user.created": _("新建账号"),
    "user.language_chosen": _("切换语言"),
    "user.locked": _("锁定账号"),
    "user.logged_in": _("登录成功"),
    "user.password_set": _("设置密码"),
    "user.unlocked": _("解锁账号"),
    "view.changed": _("修改视图"),
    "view.deleted": _("删除视图"),
    "view.restored": _("恢复视图"),
    "view.saved": _("保存视图"),
}


def kind_word(kind: str) -> str:
    """Return the word of a kind, or its code."""
    return str(KINDS.get(kind, kind))
