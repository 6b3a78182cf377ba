"""The evidence log: a Merkle log whose heads the bodies co-sign, so that nobody changes or drops a record unseen.

Formats are RFC 6962 and C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-witness, tlog-proof,
tlog-policy); nothing here invents one. Imports the kernel only. The log proves order and permanence, the signature
inside each leaf proves who; neither proves that what was recorded is true.
"""
