"""What the codes of grounds for another use inside the control lines mean."""

GROUND_WORDS = {
    "plan_adjustment": "规划调整",
    "major_infrastructure": "重大基础设施",
    "statutory_reserve": "法定保留用地",
}
