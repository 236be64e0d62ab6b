"""What the law and the privacy statement ask of the hub: deadlines, retention, policy versions."""
