DROP FUNCTION IF EXISTS adferry.bury, adferry.news, adferry.depart, adferry.app_parked, adferry.parked, adferry.spent, adferry.left_of, adferry.millis;
DROP INDEX IF EXISTS adferry.ops_guarded, adferry.ops_lane_waiting, adferry.parks_account, adferry.lanes_account;
DROP TABLE IF EXISTS adferry.app_parks, adferry.probes, adferry.quotas, adferry.spends, adferry.ready, adferry.released, adferry.failing, adferry.leases, adferry.workers;
