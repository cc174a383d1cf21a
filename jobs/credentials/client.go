package credentials

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// Client sends every call with the credential of its ad account. It is safe for concurrent
// use.
type Client struct {
	set    *Set
	config graph.Config
	apps   map[string]string // of credentials, by their labels, as far as the API told them

	mu      sync.Mutex
	senders map[*Credential]sender
}

// sender sends with the token that a credential has now.
type sender struct {
	*graph.Client
	token int // counts the tokens that the credential had
}

// NewClient makes a client whose requests are as config says, with the credentials of a set.
func NewClient(set *Set, config graph.Config) (*Client, error) {
	c := &Client{set: set, config: config, apps: map[string]string{}, senders: map[*Credential]sender{}}
	if c.config.Transport == nil {
		c.config.Transport = graph.NewTransport() // one for all
	}
	for _, one := range set.all {
		s, err := c.connect(one, 0)
		if err != nil {
			return nil, err
		}
		c.senders[one] = s
	}
	return c, nil
}

// connect makes the sender of a credential with its n-th token. Texts of its answers show no
// secret of any credential.
func (c *Client) connect(one *Credential, n int) (sender, error) {
	config := c.config
	config.Token, config.AppSecret, config.Redact = one.Token, one.AppSecret, c.set.Redact
	client, err := graph.New(config)
	return sender{client, n}, err
}

// Set is the set whose credentials the client sends with.
func (c *Client) Set() *Set { return c.set }

// Credential is the credential of an ad account and the id of its app, "" if it is not known.
func (c *Client) Credential(a plan.Account) dispatch.Credential {
	one := c.set.Of(a)
	if one == nil {
		return dispatch.Credential{}
	}
	return dispatch.Credential{Label: one.Label, App: c.apps[one.Label]}
}

// Do sends the calls in one HTTP request for each credential that their ad accounts have,
// which is one if they are about one account, and returns a reply for each call, in order.
func (c *Client) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	if len(calls) == 0 {
		return nil
	}
	if one := c.credentialOf(calls[0]); !slices.ContainsFunc(calls, func(call graph.Call) bool { return c.credentialOf(call) != one }) {
		return c.send(ctx, one, calls)
	}
	replies := make([]graph.Reply, len(calls))
	sent := make([]bool, len(calls))
	for i := range calls {
		if sent[i] {
			continue
		}
		one := c.credentialOf(calls[i])
		var part []graph.Call
		var at []int
		for j := i; j < len(calls); j++ {
			if !sent[j] && c.credentialOf(calls[j]) == one {
				part, at = append(part, calls[j]), append(at, j)
				sent[j] = true
			}
		}
		for k, reply := range c.send(ctx, one, part) {
			replies[at[k]] = reply
		}
	}
	return replies
}

// credentialOf is the credential that a call is sent with, or nil.
func (c *Client) credentialOf(call graph.Call) *Credential {
	if call.Account != "" {
		return c.set.Of(plan.Account(call.Account))
	}
	for _, one := range c.set.all {
		if call.Credential == "" || one.Label == call.Credential {
			return one
		}
	}
	return nil
}

// send sends calls with one credential, and those whose token was refused once more if it was
// renewed meanwhile: a refused call had no effect.
func (c *Client) send(ctx context.Context, one *Credential, calls []graph.Call) []graph.Reply {
	if one == nil {
		return without(calls)
	}
	first := c.sender(one)
	replies := first.Do(ctx, calls)
	var again []graph.Call
	var at []int
	for i, r := range replies {
		if graph.ClassOf(r.Err) == graph.RefusedRun && !r.Err.Lost {
			again, at = append(again, calls[i]), append(at, i)
		}
	}
	if len(again) == 0 {
		return replies
	}
	renewed, ok := c.renew(one, first.token)
	if !ok {
		return replies
	}
	for k, reply := range renewed.Do(ctx, again) {
		replies[at[k]] = reply
	}
	return replies
}

func (c *Client) sender(one *Credential) sender {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.senders[one]
}

// renew is the sender of a credential whose token was refused, with another token; ok is false
// if there is no other.
func (c *Client) renew(one *Credential, refused int) (renewed sender, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.senders[one]; now.token != refused {
		return now, true // after another call was refused
	}
	if one.Read == nil {
		return sender{}, false
	}
	token, err := one.Read()
	if err != nil || token.Empty() || token.Equal(one.Token) {
		return sender{}, false
	}
	old := one.Token
	one.Token = token
	now, err := c.connect(one, refused+1)
	if err != nil {
		one.Token = old
		return sender{}, false
	}
	c.set.redaction.add(one)
	c.senders[one] = now
	return now, true
}

// without is the reply to calls whose ad account has no credential.
func without(calls []graph.Call) []graph.Reply {
	replies := make([]graph.Reply, len(calls))
	for i, call := range calls {
		replies[i].Err = &graph.Error{Class: graph.RefusedAccount, Message: fmt.Sprintf("act_%s has no credential: nothing was sent", call.Account)}
	}
	return replies
}
