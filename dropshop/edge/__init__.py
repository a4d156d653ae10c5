"""Between the network and the shop: connections, bodies and threads, none of which a stranger may use up."""
