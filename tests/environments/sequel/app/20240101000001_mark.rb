Sequel.migration do
  up do
    run "UPDATE people SET born = NULL WHERE id <= 7"
  end
end
