"""What the kinds of the register of land supply (land_supplies) are called in reasons."""

SUPPLY_WORDS = {
    "industrial": "一般工业",
    "micro_park": "小微企业园",
    "relocation": "搬迁安置",
    "special_siting": "特殊选址",
    "resource_bound": "资源依托",
}
