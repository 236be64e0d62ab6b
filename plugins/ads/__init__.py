"""Ad networks: where conversions go."""
