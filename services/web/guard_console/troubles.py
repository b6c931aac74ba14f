"""Which kinds of gate events speak of the same trouble, so that the newer one says how it is now."""

DEVICE = "device"
LINK = "link"
TROUBLE_GROUPS: dict[str, str] = {
    "device_silent": DEVICE,
    "device_back": DEVICE,
    "secure_channel_lost": DEVICE,
    "link_lost": LINK,
    "link_restored": LINK,
    "tamper": "tamper",
    "power_fault": "power_fault",
    "held_open": "held_open",
    "fire_contact": "fire_contact",
    "journal_filling": "journal_filling",
    "clock_wrong": "clock_wrong",
    "forced": "forced",
}
