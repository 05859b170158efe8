# stock
bt 3
p count
origin count
origin value
up
p record->value
origin record->value
origin record->name
up
origin local 0
help origin
