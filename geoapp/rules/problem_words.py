"""What the kinds of the register of problems (plot_problems) are called in reasons."""

PROBLEM_WORDS = {
    "safety": "安全生产重大隐患",
    "environment": "环保重大问题",
    "fire": "消防重大隐患",
    "obsolete": "淘汰类或落后产能",
    "default": "履约违约",
    "illegal": "违法用地或违法建设",
}
