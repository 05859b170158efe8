# orders
last-write order->item
origin order->item
origin order->quantity
catch fd_write
rc
events
info modules
info memories
info globals
info sources
help
help seek
