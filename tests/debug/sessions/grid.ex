# grid
p self.cursor
watch self.cursor
rc
bt 2
