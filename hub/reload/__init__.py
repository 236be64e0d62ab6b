"""config.yaml while the hub runs: read and edit it, keep its versions, and let all processes take a new one together."""

from hub.reload.config_file import ConfigConflict, ConfigFile, FileText, Proposal

__all__ = ["ConfigConflict", "ConfigFile", "FileText", "Proposal"]
