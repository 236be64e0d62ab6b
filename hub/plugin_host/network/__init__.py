"""How a plugin in a plugin host reaches the network: the hub opens its connections, to declared hosts only."""
