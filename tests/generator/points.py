"""A small rule book of points for the tests: each list, each window, points in force and points that begin later."""

from datetime import date

from zhunsheng.generator import Knowledge

LONG_AGO, LATER, OVER = date(2020, 1, 1), date(2026, 3, 1), date(2025, 12, 1)

KNOWLEDGE = Knowledge(
    sex=[
        ("002101030300000", "子宫造影", "F", LONG_AGO, None),
        ("003112010260000", "胎心监测", "F", LONG_AGO, None),
        ("002202020010000", "经阴道B超检查", "F", LONG_AGO, None),
        ("002501040040000", "精液常规检查", "M", LONG_AGO, None),
        ("003111000150000", "前列腺按摩", "M", LONG_AGO, None),
        ("003312010060000", "经尿道前列腺电切术", "M", LATER, None),
        ("003313010020000", "卵巢囊肿剔除术", "F", LONG_AGO, OVER),
    ],
    age=[
        ("003105120040000", "儿童前牙树脂冠修复", 0, 14, "year", LONG_AGO, None),
        ("001204000070000", "小儿头皮静脉输液", 0, 14, "year", LONG_AGO, None),
        ("003112020090000", "新生儿兰光治疗", 0, 28, "day", LONG_AGO, None),
        ("001301000010000", "婴幼儿健康体检", None, 36, "month", LONG_AGO, None),
        ("XN99AAA001A001010100001", "盐酸可乐定缓释片", 6, 17, "year", LONG_AGO, None),
        ("004500000130000", "小儿斜颈推拿治疗", 0, 14, "year", LATER, None),
    ],
    pairs=[
        ("001103000010000", "急诊监护费", "001109000010300", "普通病房床位费(三人间)", "day", LONG_AGO, None),
        ("001103000010000", "急诊监护费", "001201000040000", "Ⅱ级护理", "day", LONG_AGO, None),
        ("003102070040000", "冷加压试验", "003107010210000", "动态血压监测", "hour", LONG_AGO, None),
        (
            "003302010140000",
            "颅内多发血肿清除术",
            "003302010040000",
            "颅内硬膜外血肿引流术",
            "encounter",
            LONG_AGO,
            None,
        ),
        ("003314000040000", "多胎接生", "003109040040000", "肛门指检", "6h", LONG_AGO, None),
        ("003314000030000", "双胎接生", "003112010260000", "胎心监测", "6h", LATER, None),
    ],
    caps=[
        ("001102000050000", "住院诊查费", 10_000, LONG_AGO, None),
        ("001201000040000", "Ⅱ级护理", 10_000, LONG_AGO, None),
        ("003107010220000", "心电监测", 240_000, LONG_AGO, None),
        ("001109000010300", "普通病房床位费(三人间)", 10_000, LATER, None),
    ],
)
