"""Minutes on the street network: built from drawn streets, searched, and shown."""
