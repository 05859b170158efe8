# meters
p *this
watch this->history
rc
bt
