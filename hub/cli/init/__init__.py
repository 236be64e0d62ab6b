"""`hub init`: the first config.yaml of a business."""
