DROP FUNCTION adferry.bury, adferry.news, adferry.depart, adferry.app_parked, adferry.parked, adferry.spent, adferry.left_of, adferry.millis;
DROP INDEX adferry.ops_lane_waiting, adferry.parks_account, adferry.lanes_account;
DROP TABLE adferry.app_parks, adferry.probes, adferry.quotas, adferry.spends, adferry.released, adferry.failing, adferry.leases, adferry.workers;
