"""The store's face: registers by revision. Placeholder bodies are filled by the SQLite engine."""
