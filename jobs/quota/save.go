package quota

// Save returns all that was learned of the lane, less than 2 KB, for a process that goes on with
// it on a machine whose clock may differ a little. What is in flight is left out, because no
// answer to it will come there, and so is a trial of the limit of calls per second.
func (l Lane) Save() []byte { return save(l.fields) }

// LoadLane returns the lane that Save saved. Of what is damaged, or was saved by another version
// of adferry, it returns an error, and the zero Lane.
func LoadLane(saved []byte) (l Lane, err error) {
	if err := load(saved, l.fields); err != nil {
		return Lane{}, err
	}
	return l, nil
}

// WithInFlight is what was saved of a lane, in place of what is known of it here, whose calls are
// in flight.
func (l Lane) WithInFlight(here Lane) Lane {
	l.inFlight = here.inFlight
	return l
}

func (l *Lane) fields(c *codec) {
	integer(c, &l.Tier)
	l.Block.fields(c)
	c.flag(&l.started)
	integer(c, &l.mode)
	l.calls.fields(c)
	l.score.fields(c)
	l.burst.fields(c)
	l.checks.fields(c)
	c.time(&l.nextWrite)
}

func (b *Block) fields(c *codec) {
	c.time(&b.Until)
	c.time(&b.closed)
	c.time(&b.since)
	integer(c, &b.guess)
	c.flag(&b.named)
	p := min(b.probe, probeDue) // an answer to one that is out does not come
	integer(c, &p)
	if c.reads {
		b.probe = p
	}
}

func (m *meter) fields(c *codec) {
	integer(c, &m.belief)
	c.flag(&m.reported)
	c.number(&m.limit)
	c.number(&m.unsure)
	c.flag(&m.proven)
	c.number(&m.least)
	c.number(&m.deletion)
	c.number(&m.shareLeak)
	c.time(&m.shareLeakAt)
	m.own.fields(c)
	m.recent.fields(c)
	c.flag(&m.linear)
	m.decay.fields(c)
	m.lag.fields(c)
	c.number(&m.leakLevel)
	c.time(&m.leakAt)
	c.number(&m.tested)
	c.number(&m.highest)
	c.time(&m.observed)
	c.number(&m.observedLevel)
	c.number(&m.observedOwn)
	c.number(&m.added)
	c.number(&m.peak)
	c.time(&m.peaked)
	c.number(&m.throttleLimit)
	integer(c, &m.throttles)
	c.time(&m.found)
	integer(c, &m.calm)
	c.number(&m.others)
	c.number(&m.reserve)
	m.surplus.fields(c)
	c.number(&m.anchor)
	c.time(&m.anchored)
	c.number(&m.anchoredFlight)
	c.number(&m.passedPoints)
}

func (d *decay) fields(c *codec) {
	integer(c, &d.span)
	c.flag(&d.known)
	c.flag(&d.told)
	c.number(&d.percent)
	integer(c, &d.reset)
	c.number(&d.from)
	c.time(&d.since)
	c.number(&d.flight)
	c.number(&d.own)
	c.number(&d.sent)
	c.time(&d.full)
	c.number(&d.passed)
	c.number(&d.drain)
}

func (l *lag) fields(c *codec) {
	c.number(&l.percent)
	c.time(&l.changed)
	c.number(&l.own)
	c.time(&l.first)
	c.number(&l.passed)
	c.flag(&l.old)
	integer(c, &l.most)
}

func (b *burst) fields(c *codec) {
	c.flag(&b.over)
	c.flag(&b.holds)
	c.number(&b.rate)
	c.time(&b.changed)
	integer(c, &b.calm)
	integer(c, &b.tick)
	for i := range b.count {
		integer(c, &b.count[i])
	}
}

func (k *checks) fields(c *codec) {
	c.time(&k.last)
	c.time(&k.paid)
	c.flag(&k.harmful)
}

func (w *window) fields(c *codec) {
	integer(c, &w.slot)
	c.number(&w.sum)
	for i := range w.count { // an empty one takes a byte
		n := float64(w.count[i])
		c.number(&n)
		w.count[i] = float32(n)
	}
	if w.slot < 0 {
		c.err = errDamaged
	}
}

func (r *recent) fields(c *codec) {
	integer(c, &r.tick)
	for i := range r.points {
		n := float64(r.points[i])
		c.number(&n)
		r.points[i] = float32(n)
	}
	c.time(&r.heard)
	integer(c, &r.takes)
	if r.tick < 0 {
		c.err = errDamaged
	}
}

func (s *surplus) fields(c *codec) {
	c.number(&s.points)
	c.time(&s.at)
	c.number(&s.last)
	c.number(&s.seconds)
	c.number(&s.others)
	c.number(&s.reserve)
}
