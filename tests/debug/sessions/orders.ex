# orders
p *order
watch order->item
rc
up
