"""The domain: station records, vocabulary, opening hours, registry, store, import and quality."""
