"""What the hub can do on this machine, measured: each module prints its figures beside what is wanted of them."""
