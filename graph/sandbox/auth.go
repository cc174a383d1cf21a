package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// proofLife is how long a proof with a time is valid.
// https://developers.facebook.com/documentation/facebook-login/security
const proofLife = 5 * time.Minute

// authorize checks a token and, if asked, the proof that came with the call.
func (s *Server) authorize(c *call, token string, proof bool) *failure {
	if token == "" {
		f := fail("2500")
		return &f
	}
	if f := s.checkToken(token); f != nil {
		return f
	}
	if proof && s.opts.AppSecret != "" {
		return s.checkProof(c, token)
	}
	return nil
}

// checkToken returns the failure of an expired or unknown token, nil for a valid one.
func (s *Server) checkToken(token string) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	var f failure
	switch {
	case s.expired[token]:
		f = fail(codeExpired)
	case len(s.opts.Tokens) > 0 && !slices.Contains(s.opts.Tokens, token):
		f = fail("190")
	default:
		return nil
	}
	return &f
}

// checkProof checks appsecret_proof, with or without a time in it.
// https://developers.facebook.com/docs/graph-api/guides/secure-requests
func (s *Server) checkProof(c *call, token string) *failure {
	proof := c.params.Get("appsecret_proof")
	if proof == "" {
		f := proofFailure("API calls from the server require an appsecret_proof argument")
		return &f
	}
	message := token
	if at := c.params.Get("appsecret_time"); at != "" {
		unix, err := strconv.ParseInt(at, 10, 64)
		if age := time.Since(time.Unix(unix, 0)); err != nil || age.Abs() > proofLife {
			f := proofFailure("Invalid appsecret_proof provided in the API argument")
			return &f
		}
		message += "|" + at
	}
	mac := hmac.New(sha256.New, []byte(s.opts.AppSecret))
	mac.Write([]byte(message))
	if !hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(proof)) {
		f := proofFailure("Invalid appsecret_proof provided in the API argument")
		return &f
	}
	return nil
}
