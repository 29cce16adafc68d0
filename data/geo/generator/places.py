"""What is real: the simplified outline, the towns' names and codes, the parks' names and rough centres.

Everything drawn from it is schematic (示意).
"""

from dataclasses import dataclass

OUTLINE_LON_LAT = """
121.4747,30.0587 121.4727,30.0382 121.462,30.0354 121.4809,30.0122 121.4822,29.9926 121.5092,29.9855 121.5295,29.9878
121.5579,29.9614 121.5696,29.9595 121.5833,29.942 121.5962,29.9412 121.5989,29.9182 121.6391,29.9153 121.6367,29.9041
121.6213,29.9077 121.5728,29.894 121.5568,29.875 121.5413,29.8931 121.5245,29.8928 121.5292,29.9102 121.5072,29.9059
121.495,29.9241 121.4875,29.9257 121.4724,29.9088 121.4513,29.9249 121.4473,29.9389 121.4182,29.9314 121.4054,29.9487
121.3562,29.9575 121.3744,29.964 121.3792,29.9884 121.3946,29.9898 121.399,30.0024 121.3942,30.0037 121.3946,30.0219
121.403,30.033 121.4199,30.0378 121.4193,30.0485
"""


@dataclass(frozen=True, kw_only=True)
class Town:
    """A town and points that are in it; between the points of different towns runs the border."""

    code: str
    name: str
    kind: str
    seeds: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Estate:
    """A park, or a scattered group of plots outside the parks (then without a code)."""

    code: str
    name: str
    lon: float
    lat: float
    width_m: float
    height_m: float
    angle_deg: float
    industrial_mu: float
    block_m: tuple[float, float]
    zone: str
    """Kind of control zone: ZQ1, ZQ2, ZQ3 or "" (in none)."""
    lines: str
    """Control lines around it: "KX1" (then also within KX2), "KX2" or ""."""
    level: str = ""
    town: str = ""
    planned_km2: float = 0.0
    industry: str = ""
    industry_codes: tuple[str, ...] = ("3311", "3484", "2929", "3899", "3670")
    note: str = ""
    trim_m: float = 0.0
    """How far the zone's edge stays inside the park's at one side, so that some plots are cut."""


TOWNS = (
    Town(code="330205001", name="外滩街道", kind="街道", seeds=((121.557, 29.886),)),
    Town(code="330205003", name="孔浦街道", kind="街道", seeds=((121.575, 29.903), (121.584, 29.905))),
    Town(code="330205004", name="文教街道", kind="街道", seeds=((121.547, 29.904), (121.536, 29.898))),
    Town(
        code="330205005",
        name="甬江街道",
        kind="街道",
        seeds=((121.585, 29.928), (121.578, 29.918), (121.563, 29.943), (121.612, 29.912)),
    ),
    Town(
        code="330205006",
        name="庄桥街道",
        kind="街道",
        seeds=((121.530, 29.940), (121.527, 29.921), (121.543, 29.955), (121.508, 29.924), (121.545, 29.930)),
    ),
    Town(
        code="330205007",
        name="洪塘街道",
        kind="街道",
        seeds=((121.500, 29.965), (121.484, 29.943), (121.511, 29.954), (121.515, 29.978), (121.488, 29.956)),
    ),
    Town(
        code="330205008",
        name="前江街道",
        kind="街道",
        seeds=((121.466, 29.928), (121.473, 29.919), (121.456, 29.938)),
    ),
    Town(
        code="330205103",
        name="慈城镇",
        kind="镇",
        seeds=(
            (121.385, 29.968), (121.412, 29.948), (121.420, 29.990), (121.447, 29.985), (121.473, 29.984),
            (121.440, 30.035), (121.460, 30.048), (121.466, 29.966), (121.435, 29.948), (121.470, 30.010),
        ),
    ),
)  # fmt: skip

PARKS = (
    Estate(code="P01", name="宁波江北高新技术产业园(膜幻动力小镇)", lon=121.4675, lat=29.9797, width_m=1300,
           height_m=1000, angle_deg=-6, industrial_mu=1150, block_m=(330, 230), zone="ZQ1", lines="KX1",
           level="provincial", town="330205103", planned_km2=3.2, industry="高性能膜材料、智能制造",
           industry_codes=("2921", "3985", "3562", "3484")),
    Estate(code="P02", name="私营工业城", lon=121.4765, lat=29.9866, width_m=720, height_m=540, angle_deg=-14,
           industrial_mu=430, block_m=(240, 170), zone="ZQ2", lines="KX1", level="town", town="330205103",
           planned_km2=0.5, industry="五金、通用零部件", industry_codes=("3311", "3484", "3399"), note="拟整体改造"),
    Estate(code="P03", name="浙江前洋经济开发区", lon=121.4700, lat=29.9268, width_m=2000, height_m=900, angle_deg=4,
           industrial_mu=1500, block_m=(340, 230), zone="ZQ1", lines="KX1", level="provincial", town="330205008",
           planned_km2=4.0, industry="工业互联网、两业融合", industry_codes=("3985", "3911", "4011", "3562")),
    Estate(code="P04", name="新兴产业育成区", lon=121.5050, lat=29.9722, width_m=2000, height_m=1090, angle_deg=12,
           industrial_mu=1950, block_m=(380, 270), zone="ZQ1", lines="KX1", level="district", town="330205007",
           planned_km2=3.0, industry="新能源、医疗设备", industry_codes=("3589", "3825", "3841", "3812"), trim_m=90),
    Estate(code="P05", name="投资创业中心C区", lon=121.5000, lat=29.9580, width_m=3300, height_m=1650, angle_deg=12,
           industrial_mu=4813, block_m=(520, 300), zone="ZQ1", lines="KX1", level="municipal", town="330205007",
           planned_km2=6.8, industry="汽车零部件、机电一体化、电子电器",
           industry_codes=("3670", "3812", "3899", "3252", "3484"), trim_m=120),
    Estate(code="P06", name="洪塘工业区", lon=121.4800, lat=29.9400, width_m=1500, height_m=1000, angle_deg=-9,
           industrial_mu=1300, block_m=(320, 210), zone="ZQ2", lines="KX1", level="district", town="330205007",
           planned_km2=1.6, industry="金属制品、橡塑", industry_codes=("3311", "2929", "2911", "3399")),
    Estate(code="P07", name="庄桥康庄南路两侧", lon=121.5280, lat=29.9250, width_m=820, height_m=2150, angle_deg=14,
           industrial_mu=1250, block_m=(250, 270), zone="ZQ2", lines="KX1", level="town", town="330205006",
           planned_km2=1.8, industry="文具、服装、电器", industry_codes=("2411", "1819", "3857"),
           note="机场净空限高", trim_m=70),
    Estate(code="P08", name="甬江工业集聚区", lon=121.5880, lat=29.9252, width_m=1300, height_m=1550, angle_deg=5,
           industrial_mu=1350, block_m=(310, 240), zone="ZQ2", lines="KX1", level="district", town="330205005",
           planned_km2=2.1, industry="装备制造、模具", industry_codes=("3525", "3463", "3512")),
    Estate(code="P09", name="慈城老工业", lon=121.4470, lat=29.9850, width_m=900, height_m=700, angle_deg=20,
           industrial_mu=430, block_m=(210, 160), zone="ZQ2", lines="KX2", level="town", town="330205103",
           planned_km2=0.6, industry="机械、食品", industry_codes=("1391", "3489", "2319"),
           note="历史文化名镇，限高与风貌控制"),
)  # fmt: skip

_SCATTERED = (
    # name, lon, lat, width, height, angle, mu, zone, lines
    ("慈城西", 121.4050, 29.9640, 420, 300, 15, 115, "ZQ3", "KX2"),
    ("慈城洪陈", 121.4240, 29.9720, 460, 330, -20, 150, "ZQ3", "KX2"),
    ("慈城北", 121.4320, 30.0080, 430, 300, 28, 125, "ZQ3", ""),
    ("慈城英雄", 121.4510, 30.0300, 380, 260, -12, 95, "", ""),
    ("慈城黄山", 121.4630, 30.0060, 450, 300, 8, 135, "ZQ3", "KX2"),
    ("慈城半浦", 121.4130, 29.9440, 360, 280, 40, 105, "ZQ3", ""),
    ("慈城三勤", 121.3880, 29.9700, 330, 260, -33, 80, "", ""),
    ("洪塘北", 121.5240, 29.9750, 420, 300, 3, 120, "ZQ3", "KX2"),
    ("洪塘鞍山", 121.4985, 29.9385, 470, 330, 12, 145, "ZQ3", "KX2"),
    ("庄桥费市", 121.5470, 29.9420, 500, 380, -8, 185, "ZQ3", "KX2"),
    ("庄桥东", 121.5460, 29.9570, 420, 300, 25, 125, "ZQ3", ""),
    ("庄桥姚江", 121.5120, 29.9150, 430, 280, 35, 120, "", ""),
    ("甬江北", 121.5690, 29.9480, 420, 320, -16, 130, "ZQ3", "KX2"),
    ("甬江西", 121.5660, 29.9270, 480, 340, 10, 165, "ZQ3", "KX2"),
    ("甬江外漕", 121.6180, 29.9120, 520, 260, -9, 130, "ZQ3", "KX2"),
    ("甬江南", 121.5790, 29.9110, 380, 280, 18, 105, "", ""),
    ("前江西", 121.4580, 29.9360, 400, 280, -22, 110, "ZQ3", "KX2"),
    ("孔浦", 121.5730, 29.9010, 420, 300, -30, 130, "", "KX2"),
    ("文教北", 121.5410, 29.9080, 330, 240, 22, 75, "", ""),
)
SCATTERED = tuple(
    Estate(code="", name=name, lon=lon, lat=lat, width_m=width, height_m=height, angle_deg=angle, industrial_mu=mu,
           block_m=(190, 140), zone=zone, lines=lines)
    for name, lon, lat, width, height, angle, mu, zone, lines in _SCATTERED
)  # fmt: skip
