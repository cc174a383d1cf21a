package sandbox

import (
	"cmp"
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
		return fail("2500")
	}
	if f := s.checkToken(token); f != nil {
		return f
	}
	if secret := s.secretOf(token); proof && secret != "" {
		return checkProof(c, token, secret)
	}
	return nil
}

// checkToken returns the failure of an expired or unknown token, nil for a valid one.
func (s *Server) checkToken(token string) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.tokens[token]
	switch {
	case s.expired[token], !t.Expires.IsZero() && !time.Now().Before(t.Expires):
		return fail(codeExpired)
	case !known && len(s.opts.Tokens)+len(s.opts.Access) > 0 && !slices.Contains(s.opts.Tokens, token):
		return fail("190")
	}
	return nil
}

// secretOf is the secret of the token's app, "" if no proof is asked for.
func (s *Server) secretOf(token string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.tokens[token].Secret, s.opts.AppSecret)
}

// checkProof checks appsecret_proof, with or without a time in it.
// https://developers.facebook.com/docs/graph-api/guides/secure-requests
func checkProof(c *call, token, secret string) *failure {
	proof := c.params.Get("appsecret_proof")
	if proof == "" {
		return proofFailure("API calls from the server require an appsecret_proof argument")
	}
	message := token
	if at := c.params.Get("appsecret_time"); at != "" {
		unix, err := strconv.ParseInt(at, 10, 64)
		if age := time.Since(time.Unix(unix, 0)); err != nil || age.Abs() > proofLife {
			return proofFailure("Invalid appsecret_proof provided in the API argument")
		}
		message += "|" + at
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(message))
	if !hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(proof)) {
		return proofFailure("Invalid appsecret_proof provided in the API argument")
	}
	return nil
}
