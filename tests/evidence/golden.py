"""The golden log: seeds, names and times are fixed and Ed25519 is deterministic, so every byte must come out again."""

from hashlib import sha256

from zhunsheng.evidence import note

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SECONDS = 1_700_000_000
LOG = note.Signer("log.example/medcon", sha256(b"medcon log test seed").digest())
WITNESSES = {
    name: note.Signer(
        f"{name}.example/witness", sha256(f"medcon witness {name} test seed".encode()).digest(), note.COSIGNATURE
    )
    for name in ("health", "insurance", "market")
}
VKEYS = [
    "log.example/medcon+d4c05733+Af3LmFAB0oJ3J9x3+LlE3mmnCpW7rMtT6LeLb2aL/mRl",
    "health.example/witness+f1e6482d+BKpUiL2pxVlWIGPJcf5/tRJxNfzyzwRQHacPrseHP1Eu",
    "insurance.example/witness+556ce9e9+BHIEH04vFsQGZEYlBBHri3AHtgxnoutp4XwMD9tP3JQs",
    "market.example/witness+dba4e176+BAbx0ZVnjgdS1C4fEcoE24JO2iDripXLiCRx2Y2qQFfn",
]
HEAD = """\
log.example/medcon
8
XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

— log.example/medcon 1MBXM7k0VYIEaT4yfDBft7uW4s3yRv9zjxNKe96SbS87Gg4i3MsLEvNroU1bcPBkT5u6XhDaoXxsI4l8/8AbDXSWag0=
— health.example/witness 8eZILQAAAABlU/EAyR6ksmCGj+TI55Fz5eA71PPT71bMM7mJsBj/R2fjCIjK11UpRvrpiFNTFiosVB90HBI3/HsNunLcveguD4t3BQ==
— insurance.example/witness VWzp6QAAAABlU/EAphVgfKodpxWt7Emzt6JebB0J4RhnK66Vt8evnXOZmC42PQnK/ZW4VN+WZcqJ8OeNBC9C6Vg1+3HRcrrhKzmNDQ==
— market.example/witness 26ThdgAAAABlU/EAY4CmHVlpZBaMJ3VDYdNAxelTotoEyl44wwVaBhM/Nf+35fLRrZZi9WWS+3WNYIYHglEe39GlY5xGz4zVnBcYAw==
"""  # noqa: E501
INCLUSION_5 = [
    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
]
CONSISTENCY_6 = [
    "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
]
POLICY = (
    f"log {VKEYS[0]}\nwitness health {VKEYS[1]}\nwitness insurance {VKEYS[2]}\nwitness market {VKEYS[3]}\n"
    "group regulators 2 health insurance market\nquorum regulators\n"
).encode()
