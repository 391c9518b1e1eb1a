"""From a finished page to a file that one keeps or prints."""
