"""The typed settings of sections within other sections of config.yaml."""
