"""Makes the invented demo district, module by module: ground, streets, parcels, economy, projects, buildings."""
