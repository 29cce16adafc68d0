"""Rules of low efficiency, one module each with `RULE`; found by scanning the package."""
