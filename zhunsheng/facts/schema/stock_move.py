"""stock_move 进销存记录: what came into, left or lay in the store of an institution."""

from zhunsheng.facts.table import Column, Kind, Table

STOCK_MOVE = Table(
    name="stock_move",
    zh="进销存记录",
    grain="one row per entry of a store's ledger (inv_chg_sn within an institution)",
    key=("move_id",),
    columns=(
        Column("move_id", Kind.TEXT, "记录标识", "institution code, a dash, inv_chg_sn", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution whose store it is", required=True),
        Column("item_code", Kind.TEXT, "医保目录编码", "med_list_codg of the drug or consumable", required=True),
        Column("moved_on", Kind.DATE, "日期", "day of the entry, Asia/Shanghai", required=True),
        Column(
            "kind",
            Kind.TEXT,
            "变动类型",
            "opening: in stock at the start of the day; purchase; return: back to the supplier; use: left the store "
            "without being charged to anyone; count: in stock at the end of the day, as counted",
            required=True,
            codes=("opening", "purchase", "return", "use", "count"),
        ),
        Column(
            "quantity_e4", Kind.E4, "数量", "cnt x 10^4, in the unit of the price list, never negative", required=True
        ),
        Column("lot", Kind.TEXT, "生产批号", "manu_lotnum; a count may be stated lot by lot"),
        Column("seller", Kind.TEXT, "供应商", "spler_name, as printed"),
    ),
)
