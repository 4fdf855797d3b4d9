"""SNMP v1, v2c and v3 as a client: messages, one shared socket, columns, and how a conversation ends."""
